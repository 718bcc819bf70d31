pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// Every component of the kit on pages of the panel's size; ui/kit/gallery.py turns the pages.
Window {
    id: root

    required property var starWords
    property int page: 0
    readonly property int pageCount: pages.length
    readonly property var pages: [choices, actions, messages, rating, keys]

    color: Theme.ground

    Loader {
        anchors.fill: parent
        sourceComponent: root.pages[root.page]
    }

    Component {
        id: choices

        Page {
            title: Texts.of("gallery.hall")
            subtitle: Texts.of("gallery.choices")
            clock: "09:41"

            Column {
                width: parent.width
                spacing: Theme.gap

                Repeater {
                    model: ["building", "company", "family", "hours"]

                    Tile {
                        required property string modelData
                        required property int index
                        width: parent?.width ?? 0
                        glyph: modelData
                        title: Texts.of("gallery.zone" + index)
                        subtitle: Texts.of("gallery.zone_note")
                        note: Texts.of("gallery.ahead")
                        enabled: index !== 3
                    }
                }

                Flow {
                    width: parent.width
                    spacing: Theme.space

                    Repeater {
                        model: ["back", "forward", "up", "down", "left", "right", "check", "cross", "info", "warn", "wait", "card", "code", "printer", "ticket", "home", "people", "service", "building", "company", "family", "hours", "scan", "speaker"]

                        Glyph {
                            required property string modelData
                            name: modelData
                            size: Theme.textTitle
                        }
                    }
                }
            }

            actions: [
                BigButton {
                    kind: "quiet"
                    glyph: "back"
                    text: Texts.of("kit.back")
                },
                BigButton {
                    kind: "plain"
                    glyph: "home"
                    text: Texts.of("kit.home")
                }
            ]
        }
    }

    Component {
        id: actions

        Page {
            title: Texts.of("gallery.hall")
            stale: true

            Column {
                width: parent.width
                spacing: Theme.space

                Card {
                    width: parent.width
                    implicitHeight: numberColumn.implicitHeight + padding * 2

                    Column {
                        id: numberColumn
                        width: parent.width
                        spacing: Theme.gap

                        Label {
                            width: parent.width
                            horizontalAlignment: Text.AlignHCenter
                            text: Texts.of("gallery.your_number")
                            font.pixelSize: Theme.textLead
                            color: Theme.inkSoft
                        }

                        NumberText {
                            width: parent.width
                            text: "A023"
                        }
                    }
                }

                BigButton {
                    width: parent.width
                    text: Texts.of("kit.confirm")
                }

                BigButton {
                    width: parent.width
                    kind: "quiet"
                    text: Texts.of("kit.cancel")
                }

                BigButton {
                    width: parent.width
                    enabled: false
                    text: Texts.of("kit.next_page")
                }

                Chip {
                    width: parent.width
                    text: Texts.of("gallery.zone0")
                }

                Chip {
                    width: parent.width
                    chosen: true
                    text: Texts.of("gallery.zone1")
                }

                Countdown {
                    width: parent.width
                    remaining: 0.6
                }
            }
        }
    }

    Component {
        id: messages

        Page {
            title: Texts.of("gallery.hall")
            clock: "09:41"

            Column {
                width: parent.width
                anchors.verticalCenter: parent.verticalCenter
                spacing: Theme.space

                Repeater {
                    model: Theme.textNumber * 6 < root.height ? ["info", "ok", "warn", "alert"] : ["warn"]

                    Message {
                        required property string modelData
                        width: parent?.width ?? 0
                        kind: modelData
                        title: Texts.of("gallery.message")
                        text: Texts.of("gallery.message_text")
                    }
                }
            }
        }
    }

    Component {
        id: rating

        Page {
            title: Texts.of("gallery.hall")

            Column {
                width: parent.width
                spacing: Theme.space

                StarRow {
                    width: parent.width
                    words: root.starWords
                }

                StarRow {
                    width: parent.width
                    words: root.starWords
                    chosen: 4
                }
            }
        }
    }

    Component {
        id: keys

        Page {
            title: Texts.of("gallery.hall")

            Keypad {
                anchors.centerIn: parent
                height: Math.min(implicitHeight, parent.height)
            }
        }
    }
}
