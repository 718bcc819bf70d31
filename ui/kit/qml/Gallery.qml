pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// Every component of the kit on pages of the panel's size; ui/kit/gallery.py turns the pages.
Window {
    id: root

    required property var starWords
    property int page: 0
    readonly property int pageCount: pages.length
    readonly property var pages: [choices, glyphs, number, actions, message, message, message, message, rating, reasons, keys]
    readonly property int firstMessage: 4
    readonly property bool isSmall: height < Theme.touch * 9

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
                    model: root.isSmall ? 2 : 4

                    Tile {
                        required property int index
                        width: parent?.width ?? 0
                        glyph: ["building", "company", "family", "hours"][index]
                        title: Texts.of("gallery.zone" + index)
                        subtitle: Texts.of("gallery.zone_note")
                        note: Texts.of("gallery.ahead")
                        enabled: index !== 3
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
        id: glyphs

        Page {
            title: Texts.of("gallery.hall")

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
    }

    Component {
        id: number

        Page {
            title: Texts.of("gallery.hall")
            stale: true

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
        }
    }

    Component {
        id: actions

        Page {
            title: Texts.of("gallery.hall")

            Grid {
                id: grid
                readonly property real cell: columns === 1 ? width : (width - spacing) / 2
                width: parent.width
                columns: root.isSmall ? 2 : 1
                spacing: Theme.gap

                BigButton {
                    width: grid.cell
                    text: Texts.of("kit.confirm")
                }

                BigButton {
                    width: grid.cell
                    kind: "quiet"
                    text: Texts.of("kit.cancel")
                }

                BigButton {
                    width: grid.cell
                    enabled: false
                    text: Texts.of("kit.next_page")
                }

                Chip {
                    width: grid.cell
                    text: Texts.of("gallery.zone0")
                }

                Chip {
                    width: grid.cell
                    chosen: true
                    text: Texts.of("gallery.zone1")
                }

                Countdown {
                    width: grid.cell
                    remaining: 0.6
                }
            }
        }
    }

    Component {
        id: message

        Page {
            title: Texts.of("gallery.hall")
            clock: "09:41"

            Message {
                width: parent.width
                anchors.verticalCenter: parent.verticalCenter
                kind: ["info", "ok", "warn", "alert"][root.page - root.firstMessage] ?? "info"
                title: Texts.of("gallery.message")
                text: Texts.of("gallery.message_text")
            }
        }
    }

    Component {
        id: rating

        Page {
            title: Texts.of("gallery.hall")

            StarRow {
                width: parent.width
                words: root.starWords
                chosen: 4
            }
        }
    }

    Component {
        id: reasons

        Page {
            title: Texts.of("gallery.hall")

            ReasonGrid {
                width: parent.width
                columns: root.isSmall ? 2 : 1
                reasons: [0, 1, 2, 3].map(index => ({
                            "code": String(index),
                            "text": Texts.of("gallery.zone" + index),
                            "chosen": index === 1
                        }))
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
