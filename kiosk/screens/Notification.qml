import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// A page that says one thing in both languages: what happened, and what to do now.
ColumnLayout {
    id: root

    required property var kiosk
    property string kind: "info"
    property string glyph: kind === "ok" ? "check" : kind === "info" ? "info" : "warn"
    property var title: ({})
    property var text: ({})
    property bool hasHome: true
    property bool hasCountdown: true
    readonly property color tint: kind === "ok" ? Theme.okSoft : kind === "warn" ? Theme.warnSoft : kind === "alert" ? Theme.alertSoft : Theme.accentSoft
    readonly property color tintInk: kind === "ok" ? Theme.ok : kind === "warn" ? Theme.warn : kind === "alert" ? Theme.alert : Theme.accentInk
    default property alias content: extra.data

    spacing: Theme.space

    Item {
        Layout.fillWidth: true
        Layout.fillHeight: true

        Column {
            anchors.centerIn: parent
            width: parent.width
            spacing: Theme.margin

            Rectangle {
                anchors.horizontalCenter: parent.horizontalCenter
                width: Math.round(Theme.textNumber * 1.1)
                height: width
                radius: width / 2
                color: root.tint

                Glyph {
                    anchors.centerIn: parent
                    name: root.glyph
                    size: Math.round(parent.width * 0.5)
                    color: root.tintInk
                }
            }

            BiText {
                width: parent.width
                text: root.title
                size: Theme.textTitle
                otherSize: Theme.textBody
                strong: true
                align: Text.AlignHCenter
            }

            Column {
                id: extra
                width: parent.width
            }

            BiText {
                width: parent.width
                visible: (root.text.main ?? "") !== ""
                text: root.text
                size: Theme.textLead
                otherSize: Theme.textBody
                align: Text.AlignHCenter
            }
        }
    }

    BigButton {
        objectName: "home"
        Layout.fillWidth: true
        Layout.preferredHeight: Math.round(Theme.touch * 1.5)
        visible: root.hasHome
        glyph: "home"
        text: Texts.of("kit.home")
        onTapped: root.kiosk.act("home")
    }

    Countdown {
        Layout.fillWidth: true
        visible: root.hasCountdown
        remaining: root.kiosk.view.remaining
    }
}
