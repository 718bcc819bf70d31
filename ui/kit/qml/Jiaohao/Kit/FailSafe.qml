import QtQuick

// Covers everything after a bug, until the supervisor has started us again.
Rectangle {
    anchors.fill: parent
    z: 1000
    visible: false
    color: Theme.ground

    MouseArea {
        anchors.fill: parent
    }

    Message {
        anchors.centerIn: parent
        width: parent.width - Theme.margin * 4
        kind: "info"
        glyph: "wait"
        title: Texts.of("kit.failsafe_title")
        text: Texts.of("kit.failsafe_text")
    }
}
