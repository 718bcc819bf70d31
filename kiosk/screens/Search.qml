pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// Which service, by the first letters of its pinyin? Letters that would find nothing are off.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk

    spacing: Math.round(Theme.gap * 1.3)

    Question {
        Layout.fillWidth: true
        text: root.kiosk.words.search
    }

    Rectangle {
        Layout.fillWidth: true
        Layout.preferredHeight: Math.round(Theme.touch * 1.3)
        radius: Theme.radius
        color: Theme.surface
        border.width: Theme.hairline * 2
        border.color: Theme.accent

        Label {
            objectName: "typed"
            anchors.left: parent.left
            anchors.leftMargin: Theme.space
            anchors.verticalCenter: parent.verticalCenter
            text: root.facts.typed !== "" ? root.facts.typed : root.kiosk.words.search_example.main
            strong: root.facts.typed !== ""
            font.pixelSize: root.facts.typed !== "" ? Theme.textTitle : Theme.textBody
            font.letterSpacing: root.facts.typed !== "" ? Theme.gap * 0.5 : 0
            color: root.facts.typed !== "" ? Theme.ink : Theme.inkSoft
        }

        BigButton {
            objectName: "erase"
            anchors.right: parent.right
            height: parent.height
            kind: "plain"
            glyph: "back"
            text: Texts.of("kit.delete")
            visible: root.facts.typed !== ""
            onTapped: root.kiosk.act("erase")
        }
    }

    GridLayout {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.kiosk.wide ? 2 : 1
        columnSpacing: Theme.margin
        rowSpacing: Theme.space

        Grid {
            id: letters
            readonly property int cell: Math.floor((width - Theme.gap * (columns - 1)) / columns)
            Layout.fillWidth: true
            Layout.preferredWidth: root.kiosk.wide ? root.width * 0.5 : root.width
            Layout.alignment: Qt.AlignTop
            columns: 7
            spacing: Theme.gap

            Repeater {
                model: "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("")

                BigButton {
                    required property string modelData
                    objectName: "letter_" + modelData.toLowerCase()
                    width: letters.cell
                    height: Math.round(Theme.touch * (root.kiosk.wide ? 1 : 1.25))
                    kind: "quiet"
                    text: modelData
                    enabled: root.facts.letters.includes(modelData.toLowerCase())
                    onTapped: root.kiosk.act("letter", modelData.toLowerCase())
                }
            }
        }

        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: root.kiosk.wide ? root.width * 0.5 : root.width

            Sheet {
                id: found
                anchors.fill: parent
                anchors.bottomMargin: more.visible ? more.height + Theme.gap : 0
                columns: 2
                rows: root.kiosk.wide ? 2 : 3
                tiles: root.facts.services.slice(0, columns * rows)
                act: "service"
                kiosk: root.kiosk
            }

            Label {
                id: more
                anchors.bottom: parent.bottom
                width: parent.width
                visible: root.facts.hasMore || root.facts.services.length > found.columns * found.rows
                text: root.kiosk.words.search_more.main
                color: Theme.inkSoft
                horizontalAlignment: Text.AlignHCenter
            }
        }
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
    }
}
