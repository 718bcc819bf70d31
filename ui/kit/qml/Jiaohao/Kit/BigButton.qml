import QtQuick

// One action. `kind`: "primary" (at most one a page), "quiet" or "plain".
Pressable {
    id: root

    property string text
    property string kind: "primary"
    property string glyph: ""
    readonly property color ground: kind === "primary" ? (down ? Theme.accentPressed : Theme.accent) : kind === "quiet" ? (down ? Theme.line : Theme.surface) : (down ? Theme.sunken : "transparent")
    readonly property color ink: kind === "primary" ? Theme.onAccent : Theme.accentInk

    readonly property int glyphWidth: glyph === "" ? 0 : mark.size + (text === "" ? 0 : Theme.gap)

    implicitHeight: Math.max(Theme.touch, label.implicitHeight + Theme.gap * 1.6)
    implicitWidth: Math.max(Theme.touch * 2, natural.implicitWidth + glyphWidth + Theme.space * 2)

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: root.enabled ? root.ground : Theme.sunken
        border.width: root.kind === "quiet" && root.enabled ? Theme.hairline : 0
        border.color: Theme.accentInk
    }

    Label {
        id: natural
        visible: false
        text: root.text
        strong: true
        wrapMode: Text.NoWrap
        font.pixelSize: Theme.textLead
    }

    Row {
        anchors.centerIn: parent
        spacing: Theme.gap

        Glyph {
            id: mark
            visible: root.glyph !== ""
            name: root.glyph
            size: Math.round(Theme.textLead * 1.05)
            color: label.color
            anchors.verticalCenter: parent.verticalCenter
        }

        Label {
            id: label
            visible: root.text !== ""
            width: Math.min(Math.ceil(natural.implicitWidth), root.width - root.glyphWidth - Theme.gap)
            text: root.text
            strong: true
            horizontalAlignment: Text.AlignHCenter
            font.pixelSize: Theme.textLead
            color: root.enabled ? root.ink : Theme.inkSoft
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
