import QtQuick
import Jiaohao.Kit

// Between two visitors: which counter this is and who serves here. Nothing to touch, except to
// take up a rating again that the pad has stopped asking about.
Item {
    id: root

    required property var view
    readonly property bool isOpen: view.clerk !== ""

    signal reopen

    Rectangle {
        id: side
        width: Math.round(parent.width * 0.44)
        height: parent.height
        color: Theme.accent

        Column {
            anchors.centerIn: parent
            width: parent.width - Theme.margin * 2

            NumberText {
                width: parent.width
                text: root.view.counterNumber
                font.pixelSize: Math.round(Theme.textNumber * 1.25)
                color: Theme.onAccent
            }

            Label {
                width: parent.width
                horizontalAlignment: Text.AlignHCenter
                text: root.view.counterWords
                strong: true
                font.pixelSize: Theme.textTitle
                color: Theme.onAccent
            }
        }
    }

    Column {
        visible: root.isOpen
        anchors.left: side.right
        anchors.right: parent.right
        anchors.margins: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.space

        Label {
            width: parent.width
            text: Texts.of("ratingpad.clerk")
            font.pixelSize: Theme.textBody
            color: Theme.inkSoft
        }

        Label {
            objectName: "clerkName"
            width: parent.width
            text: root.view.clerk
            strong: true
            font.pixelSize: Theme.textDisplay
        }

        Label {
            width: parent.width
            visible: root.view.staffNumber !== ""
            text: Texts.of("ratingpad.staff_number") + " " + root.view.staffNumber
            font.pixelSize: Theme.textLead
            color: Theme.inkSoft
        }

        Rectangle {
            width: parent.width
            height: Theme.hairline
            color: Theme.line
        }

        Label {
            width: parent.width
            visible: !root.view.mayReopen
            text: Texts.of("ratingpad.idle")
            color: Theme.accentInk
        }

        BigButton {
            objectName: "reopen"
            visible: root.view.mayReopen
            width: parent.width
            kind: "quiet"
            text: Texts.of("ratingpad.reopen")
            onTapped: root.reopen()
        }
    }

    Column {
        visible: !root.isOpen
        anchors.left: side.right
        anchors.right: parent.right
        anchors.margins: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.space

        Label {
            width: parent.width
            text: Texts.of("ratingpad.closed")
            strong: true
            font.pixelSize: Theme.textTitle
        }

        Label {
            width: parent.width
            text: Texts.of("ratingpad.closed_text")
            color: Theme.inkSoft
        }

        BigButton {
            visible: root.view.mayReopen
            width: parent.width
            kind: "quiet"
            text: Texts.of("ratingpad.reopen")
            onTapped: root.reopen()
        }
    }
}
