import QtQuick

// A choice that can be on or off, as one of several.
Pressable {
    id: root

    property string text
    property bool chosen: false

    implicitHeight: Math.max(Theme.touch, label.implicitHeight + Theme.gap)

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: root.chosen ? Theme.accent : root.down ? Theme.accentSoft : Theme.surface
        border.width: root.chosen ? 0 : Theme.hairline
        border.color: Theme.starEmpty
    }

    Rectangle {
        id: box
        width: Math.round(Theme.textBody * 0.9)
        height: width
        radius: Math.round(width * 0.25)
        anchors.left: parent.left
        anchors.leftMargin: Theme.gap * 1.3
        anchors.verticalCenter: parent.verticalCenter
        color: root.chosen ? Theme.onAccent : Theme.surface
        border.width: root.chosen ? 0 : Theme.hairline * 1.5
        border.color: Theme.starEmpty

        Glyph {
            visible: root.chosen
            anchors.centerIn: parent
            name: "check"
            size: Math.round(parent.width * 0.8)
            color: Theme.accent
        }
    }

    Label {
        id: label
        anchors.left: box.right
        anchors.leftMargin: Theme.gap
        anchors.verticalCenter: parent.verticalCenter
        // Two lines of like length read better than one and a single hanzi.
        readonly property real room: root.width - x - Theme.gap
        width: measure.implicitWidth > room ? Math.min(room, measure.implicitWidth / 2 + font.pixelSize) : room
        text: root.text
        lineHeight: 0.84
        color: root.chosen ? Theme.onAccent : Theme.ink
    }

    Label {
        id: measure
        visible: false
        wrapMode: Text.NoWrap
        text: root.text
    }
}
