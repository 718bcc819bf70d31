import QtQuick
import Jiaohao.Kit

// A number as people have to remember it, with its service.
Card {
    id: root

    required property var kiosk
    property string number
    property var name: ({})
    property real scaleUp: 1.0
    property color tint: Theme.ink

    implicitHeight: column.height + padding * 2

    Column {
        id: column
        anchors.centerIn: parent
        width: parent.width
        spacing: Theme.gap

        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: root.kiosk.words.your_number.main + "  " + root.kiosk.words.your_number.other
            color: Theme.inkSoft
        }

        NumberText {
            objectName: "number"
            width: parent.width
            height: font.pixelSize
            text: root.number
            font.pixelSize: Math.round(Theme.textNumber * root.scaleUp)
            color: root.tint
        }

        BiText {
            width: parent.width
            text: root.name
            size: Theme.textLead
            otherSize: Theme.textBody
            strong: true
            align: Text.AlignHCenter
        }
    }
}
