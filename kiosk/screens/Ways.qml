import QtQuick
import Jiaohao.Kit

// Other ways to a service, and what the scanner is for.
Column {
    id: root

    required property var kiosk

    spacing: Theme.gap

    Row {
        width: parent.width
        height: Math.round(Theme.touch * 1.25)
        spacing: Theme.gap

        BigButton {
            objectName: "departments"
            width: (parent.width - Theme.gap) / 2
            height: parent.height
            kind: "quiet"
            text: root.kiosk.words.by_department.main
            onTapped: root.kiosk.act("departments")
        }

        BigButton {
            objectName: "search"
            width: (parent.width - Theme.gap) / 2
            height: parent.height
            kind: "quiet"
            text: root.kiosk.words.by_letters.main
            onTapped: root.kiosk.act("search")
        }
    }

    Row {
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: Theme.gap

        Glyph {
            name: "code"
            size: Theme.textBody
            color: Theme.inkSoft
            anchors.verticalCenter: parent.verticalCenter
        }

        Label {
            text: root.kiosk.words.scan_invite.main
            font.pixelSize: Theme.textCaption
            color: Theme.inkSoft
            wrapMode: Text.NoWrap
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
