"""Chatwoot's channels by the names people know them by."""

_NAMES = {
    "Channel::Api": "API",
    "Channel::FacebookPage": "Facebook",
    "Channel::Instagram": "Instagram",
    "Channel::Line": "LINE",
    "Channel::Sms": "SMS",
    "Channel::Telegram": "Telegram",
    "Channel::Tiktok": "TikTok",
    "Channel::TwilioSms": "Twilio",
    "Channel::Whatsapp": "WhatsApp",
}


def channel_name(env, channel):
    words = {"Channel::Email": env._("Email"), "Channel::WebWidget": env._("Website")}
    return _NAMES.get(channel) or words.get(channel) or (channel or "").removeprefix("Channel::")
