import QtQuick
import Jiaohao.Kit

// A number as people have to remember it, with its service. As large as the card has room for.
Card {
    id: root

    required property var kiosk
    property string number
    property var name: ({})
    property real scaleUp: 1.0
    property color tint: Theme.ink
    readonly property int others: label.height + service.height + column.spacing * 2 + padding * 2

    implicitHeight: others + Theme.textNumber

    Column {
        id: column
        anchors.centerIn: parent
        width: parent.width
        spacing: Theme.gap

        Label {
            id: label
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: root.kiosk.words.your_number.main + "  " + root.kiosk.words.your_number.other
            color: Theme.inkSoft
        }

        NumberText {
            objectName: "number"
            width: parent.width
            height: Math.round(Math.min(Theme.textNumber * root.scaleUp, Math.max(Theme.textDisplay, root.height - root.others)))
            text: root.number
            fontSizeMode: Text.HorizontalFit
            font.pixelSize: height
            color: root.tint
        }

        BiText {
            id: service
            width: parent.width
            text: root.name
            size: Theme.textLead
            otherSize: Theme.textBody
            strong: true
            align: Text.AlignHCenter
        }
    }
}
