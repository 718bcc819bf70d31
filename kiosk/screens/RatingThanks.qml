import QtQuick
import Jiaohao.Kit

// The rating is in.
Notification {
    required property var facts

    kind: "ok"
    title: kiosk.words.thanks
    text: kiosk.words.thanks_text
}
