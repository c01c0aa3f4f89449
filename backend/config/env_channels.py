"""The settings of the ways on which alerts leave: phones, browsers, mail."""

from backend.config import env_values as read
from backend.config.env_variable import Variable

_RATE = "The most {what} a second that one worker hands to {whom}; 0 for no bound."

CHANNELS: tuple[Variable, ...] = (
    Variable(
        "FIELDBEAT_FCM_CREDENTIALS",
        "The file of a Firebase service account, for push to real phones.",
        None,
        "/etc/fieldbeat/firebase.json",
        read.service_account,
    ),
    Variable(
        "FIELDBEAT_FCM_URL",
        "A local server that speaks FCM v1, used in place of Google's. `serve` starts one when this and the credentials are "
        "absent, but not in production.",
        None,
        "http://127.0.0.1:9099",
        read.http_base,
        absent="Google's, or the one that serve starts",
    ),
    Variable(
        "FIELDBEAT_FCM_PARALLEL",
        "How many requests to FCM one worker has under way at a time.",
        "50",
        "100",
        read.whole(1, 500),
    ),
    Variable("FIELDBEAT_FCM_RATE", _RATE.format(what="messages", whom="FCM"), "0", "2000", read.number(0, 100_000)),
    Variable(
        "FIELDBEAT_VAPID_KEY",
        "The private key that signs Web Push: 32 bytes in base64url, as `npx web-push generate-vapid-keys` prints it. "
        "When absent, it is made once and kept in the data folder, which all web processes and workers must then share. "
        "Browsers that subscribed under another key must subscribe again.",
        None,
        "(43 characters)",
        read.vapid_key,
        absent="made and kept",
    ),
    Variable(
        "FIELDBEAT_VAPID_CONTACT",
        "Whom a push service of browsers may turn to, as mailto: or https: address. Apple's takes none of localhost.",
        "mailto:push@localhost",
        "mailto:ops@example.com",
        read.contact,
    ),
    Variable(
        "FIELDBEAT_WEBPUSH_HOSTS",
        "The push services of browsers, split at commas, that this server posts to; *.example.com for all below. Each browser "
        "names its own, so no other is ever called.",
        "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com",
        "push.example.com",
        read.hosts,
    ),
    Variable(
        "FIELDBEAT_WEBPUSH_URL",
        "A local push service for browsers, which may be called too: `fieldbeat dev-push` starts one. Page: alerts.md.",
        None,
        "http://127.0.0.1:9098",
        read.http_base,
    ),
    Variable(
        "FIELDBEAT_WEBPUSH_PARALLEL",
        "How many requests to push services of browsers one worker has under way at a time.",
        "20",
        "50",
        read.whole(1, 500),
    ),
    Variable(
        "FIELDBEAT_WEBPUSH_RATE",
        _RATE.format(what="messages", whom="push services of browsers"),
        "0",
        "500",
        read.number(0, 100_000),
    ),
    Variable(
        "FIELDBEAT_MAIL_URL",
        "How mail leaves: smtp://user:password@host:587 (with STARTTLS; smtps:// for TLS from the start), console: to print it, "
        "file:///some/folder to keep it as files. When absent, nobody is sent mail.",
        None,
        "smtp://fieldbeat:secret@mail.example.com:587",
        read.mail_url,
    ),
    Variable(
        "FIELDBEAT_MAIL_FROM",
        "The sender of mail.",
        "fieldbeat@localhost",
        "Fieldbeat <alerts@example.com>",
        read.mail_address,
    ),
    Variable(
        "FIELDBEAT_PUBLIC_URL",
        "The address under which people reach this server, for the link in each mail that ends mail; its host is answered to, as "
        "those of FIELDBEAT_ALLOWED_HOSTS. With https, mail programs offer to end it by one click. When absent, mail has no such "
        "link.",
        None,
        "https://crm.example.com",
        read.http_base,
    ),
    Variable(
        "FIELDBEAT_MAIL_RATE",
        _RATE.format(what="alerts", whom="the mail server"),
        "20",
        "5",
        read.number(0, 100_000),
    ),
)
