import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// A service that was chosen by its code: one touch, or a card, takes its number.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk
    readonly property bool wide: kiosk.wide

    spacing: Theme.space

    Question {
        Layout.fillWidth: true
        text: root.kiosk.words.code_chosen
    }

    GridLayout {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.wide ? 2 : 1
        columnSpacing: Theme.space
        rowSpacing: Theme.space

        Card {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 110
            implicitHeight: Theme.touch

            Column {
                anchors.centerIn: parent
                width: parent.width
                spacing: Theme.margin

                BiText {
                    width: parent.width
                    text: root.facts.name
                    size: Theme.textDisplay
                    otherSize: Theme.textLead
                    strong: true
                    align: Text.AlignHCenter
                }

                BiText {
                    width: parent.width
                    text: root.facts.where
                    size: Theme.textLead
                    otherSize: Theme.textBody
                    align: Text.AlignHCenter
                    color: Theme.accentInk
                }

                Row {
                    anchors.horizontalCenter: parent.horizontalCenter
                    spacing: Theme.gap

                    Glyph {
                        name: "people"
                        size: Theme.textLead
                        color: Theme.inkSoft
                        anchors.verticalCenter: parent.verticalCenter
                    }

                    Label {
                        text: root.kiosk.view.waiting[root.facts.service] ?? ""
                        font.pixelSize: Theme.textLead
                        color: Theme.inkSoft
                        wrapMode: Text.NoWrap
                        anchors.verticalCenter: parent.verticalCenter
                    }
                }
            }
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: root.wide
            Layout.preferredWidth: 90
            spacing: Theme.space

            BigButton {
                objectName: "take_number"
                Layout.fillWidth: true
                Layout.fillHeight: root.wide
                Layout.preferredHeight: Math.round(Theme.touch * 2)
                glyph: "ticket"
                text: root.kiosk.words.take_number.main
                onTapped: root.kiosk.act("take_number")
            }

            InfoStrip {
                Layout.fillWidth: true
                kiosk: root.kiosk
            }
        }
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
    }
}
