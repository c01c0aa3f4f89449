// The line of a page's session, which a test can cut: before a request leaves, or after the server has done its work.
export function cuttable(session) {
  const line = { down: false, loseReplies: 0, sent: 0 }
  const { fetch } = session
  session.fetch = async (request) => {
    if (line.down) throw new TypeError('fetch failed')
    if ((await request.clone().text()).includes('mutation')) line.sent++
    const answer = await fetch(request)
    if (line.loseReplies-- > 0) throw new TypeError('fetch failed')
    return answer
  }
  return line
}
