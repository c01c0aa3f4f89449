// What a page needs to show our alerts: the nid is the tag, so an alert pushed twice is shown once.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  const { nid, title, body, lang, data, wake } = event.data.json();
  if (wake) return;
  event.waitUntil(self.registration.showNotification(title, { body, tag: nid, lang, data }));
});
