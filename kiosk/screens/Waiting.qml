pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// Something is under way; nothing to touch.
Item {
    id: root

    required property var facts
    required property var kiosk

    Column {
        anchors.centerIn: parent
        width: parent.width
        spacing: Theme.margin

        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            width: Math.round(Theme.textNumber * 1.3)
            height: width
            radius: width / 2
            color: Theme.accentSoft

            Glyph {
                anchors.centerIn: parent
                name: root.facts.glyph
                size: Math.round(parent.width * 0.5)
                color: Theme.accentInk
            }
        }

        BiText {
            width: parent.width
            text: root.facts.title
            size: Theme.textDisplay
            otherSize: Theme.textLead
            strong: true
            align: Text.AlignHCenter
        }

        BiText {
            width: parent.width
            text: root.facts.name
            size: Theme.textLead
            otherSize: Theme.textBody
            align: Text.AlignHCenter
        }

        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: Theme.space

            Repeater {
                model: 3

                Rectangle {
                    id: dot
                    required property int index
                    width: Math.round(Theme.touch * 0.3)
                    height: width
                    radius: width / 2
                    color: root.beat === index ? Theme.accent : Theme.line
                }
            }
        }

        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: root.kiosk.words.please_wait.main
            color: Theme.inkSoft
        }
    }

    property int beat: 0

    Timer {
        running: true
        repeat: true
        interval: Theme.flashHalfMs
        onTriggered: root.beat = (root.beat + 1) % 3
    }
}
