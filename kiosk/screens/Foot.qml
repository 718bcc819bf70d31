import QtQuick
import Jiaohao.Kit

// Back and home at the left; the page's own actions at the right.
Item {
    id: root

    required property var kiosk
    property bool hasBack: true
    property bool hasHome: true
    default property alias actions: right.data

    implicitHeight: Math.round(Theme.touch * 1.25)

    Row {
        height: parent.height
        spacing: Theme.gap

        BigButton {
            objectName: "back"
            visible: root.hasBack
            height: root.height
            kind: "quiet"
            glyph: "back"
            text: Texts.of("kit.back")
            onTapped: root.kiosk.act("back")
        }

        BigButton {
            objectName: "home"
            visible: root.hasHome
            height: root.height
            kind: root.hasBack ? "plain" : "quiet"
            glyph: "home"
            text: Texts.of("kit.home")
            onTapped: root.kiosk.act("home")
        }
    }

    Row {
        id: right
        anchors.right: parent.right
        height: parent.height
        spacing: Theme.gap
    }
}
