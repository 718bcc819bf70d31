import QtQuick
import Jiaohao.Kit

// A side action: quieter than a BigButton, as large to the finger.
Pressable {
    id: root

    property string text

    implicitHeight: Theme.touch
    implicitWidth: Math.max(Theme.touch, label.implicitWidth + Theme.space)

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: root.down ? Theme.line : Theme.surface
        border.width: Theme.hairline
        border.color: Theme.accentInk
    }

    Label {
        id: label
        anchors.centerIn: parent
        text: root.text
        strong: true
        wrapMode: Text.NoWrap
        font.pixelSize: Theme.textCaption
        color: Theme.accentInk
    }
}
