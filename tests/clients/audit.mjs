// The audit suite of GraphQL over HTTP, as its makers published it.
import { auditServer } from 'graphql-http'

export const audit = async (url) =>
  (await auditServer({ url, fetchFn: fetch })).map(({ id, name, status, reason }) => ({ id, name, status, reason }))
