import QtQuick
import Jiaohao.Kit

// The hall says no, and what to do instead.
Notification {
    required property var facts

    kind: "warn"
    glyph: "info"
    title: facts.title
    text: facts.text
}
