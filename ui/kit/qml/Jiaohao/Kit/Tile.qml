import QtQuick

// A choice in a grid: what it is, what it holds, and how many wait there.
Pressable {
    id: root

    property string title
    property string subtitle: ""
    property string note: ""
    property string glyph: ""

    implicitHeight: Math.max(Theme.touch * 1.5, column.implicitHeight + Theme.space * 1.4)

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: !root.enabled ? Theme.sunken : root.down ? Theme.accentSoft : Theme.surface
        border.width: Theme.hairline
        border.color: root.down ? Theme.accent : Theme.line
    }

    Rectangle {
        id: mark
        visible: root.glyph !== ""
        width: visible ? Theme.touch : 0
        height: width
        radius: Theme.radius
        color: Theme.accentSoft
        anchors.left: parent.left
        anchors.leftMargin: Theme.space * 0.7
        anchors.verticalCenter: parent.verticalCenter

        Glyph {
            anchors.centerIn: parent
            name: root.glyph
            size: Math.round(parent.width * 0.62)
            color: Theme.accentInk
        }
    }

    Column {
        id: column
        anchors.left: mark.right
        anchors.leftMargin: Theme.space * 0.7
        anchors.right: side.left
        anchors.rightMargin: Theme.gap
        anchors.verticalCenter: parent.verticalCenter
        spacing: Math.round(Theme.gap * 0.3)

        Label {
            width: parent.width
            text: root.title
            strong: true
            font.pixelSize: Theme.textLead
            color: root.enabled ? Theme.ink : Theme.inkSoft
        }

        Label {
            width: parent.width
            visible: root.subtitle !== ""
            text: root.subtitle
            font.pixelSize: Theme.textCaption
            color: Theme.inkSoft
        }
    }

    Row {
        id: side
        anchors.right: parent.right
        anchors.rightMargin: Theme.space * 0.6
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.gap * 0.6

        Label {
            visible: root.note !== ""
            text: root.note
            wrapMode: Text.NoWrap
            font.pixelSize: Theme.textCaption
            color: Theme.accentInk
            anchors.verticalCenter: parent.verticalCenter
        }

        Glyph {
            visible: root.enabled
            name: "forward"
            size: Math.round(Theme.textBody * 0.8)
            color: Theme.accentInk
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
