pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// What happens to a card's data.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk

    spacing: Theme.space

    Question {
        Layout.fillWidth: true
        text: root.kiosk.words.privacy
    }

    Card {
        Layout.fillWidth: true
        Layout.fillHeight: true

        Column {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            spacing: Theme.margin

            Repeater {
                model: root.facts.paragraphs

                Row {
                    id: line
                    required property var modelData
                    width: parent?.width ?? 0
                    spacing: Theme.space

                    Glyph {
                        name: "check"
                        size: Theme.textLead
                        color: Theme.ok
                    }

                    BiText {
                        width: line.width - Theme.textLead - Theme.space
                        text: line.modelData
                        size: Theme.textBody
                        strong: true
                    }
                }
            }
        }
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
    }
}
