import QtQuick
import Jiaohao.Kit

// No number can be taken here now, and why.
Notification {
    required property var facts

    kind: facts.isPassing ? "info" : "warn"
    glyph: facts.isPassing ? "wait" : "warn"
    title: facts.title
    text: facts.text
    hasHome: false
    hasCountdown: false
}
