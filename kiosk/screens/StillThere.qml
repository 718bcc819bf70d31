import QtQuick
import Jiaohao.Kit

// Asks whether somebody is still there. Any touch is an answer.
Rectangle {
    id: root

    required property var kiosk

    color: "#b313232f"

    MouseArea {
        anchors.fill: parent
        onClicked: root.kiosk.act("still_here")
    }

    Rectangle {
        anchors.centerIn: parent
        width: Math.min(parent.width - root.kiosk.edge * 2, Theme.touch * 12)
        height: column.height + Theme.margin * 2
        radius: Theme.radius * 1.5
        color: Theme.surface

        Column {
            id: column
            anchors.centerIn: parent
            width: parent.width - Theme.margin * 2
            spacing: Theme.space

            BiText {
                width: parent.width
                text: root.kiosk.words.still_there
                size: Theme.textTitle
                otherSize: Theme.textBody
                strong: true
                align: Text.AlignHCenter
            }

            NumberText {
                width: parent.width
                text: Math.max(0, root.kiosk.view.warning)
                font.pixelSize: Theme.textNumber
                color: Theme.accent
            }

            BiText {
                width: parent.width
                text: root.kiosk.words.still_there_text
                align: Text.AlignHCenter
            }

            BigButton {
                objectName: "still_here"
                width: parent.width
                height: Theme.touch * 1.5
                text: root.kiosk.words.still_here.main
                onTapped: root.kiosk.act("still_here")
            }
        }
    }
}
