"""Chatwoot's channels by the names people know them by."""

_NAMES = {
    "Channel::Api": "API",
    "Channel::Email": "E-mail",
    "Channel::FacebookPage": "Facebook",
    "Channel::Instagram": "Instagram",
    "Channel::Line": "LINE",
    "Channel::Sms": "SMS",
    "Channel::Telegram": "Telegram",
    "Channel::Tiktok": "TikTok",
    "Channel::TwilioSms": "Twilio",
    "Channel::WebWidget": "Website",
    "Channel::Whatsapp": "WhatsApp",
}


def channel_name(channel):
    return _NAMES.get(channel) or (channel or "").removeprefix("Channel::")
