pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// What would you like to do? Often asked for services, areas, and two ways to search.
GridLayout {
    id: root

    required property var facts
    required property var kiosk
    readonly property bool wide: kiosk.wide

    columns: wide ? 2 : 1
    columnSpacing: Theme.margin
    rowSpacing: Theme.space

    ColumnLayout {
        Layout.fillWidth: true
        Layout.preferredWidth: root.wide ? root.width * 0.34 : root.width
        Layout.fillHeight: root.wide
        spacing: Theme.space

        Question {
            Layout.fillWidth: true
            text: root.kiosk.words.choose
        }

        InfoStrip {
            Layout.fillWidth: true
            kiosk: root.kiosk
        }

        Item {
            visible: root.wide
            Layout.fillHeight: true
        }

        Ways {
            visible: root.wide
            Layout.fillWidth: true
            kiosk: root.kiosk
        }
    }

    ColumnLayout {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredWidth: root.wide ? root.width * 0.66 : root.width
        spacing: Theme.gap

        Label {
            Layout.fillWidth: true
            text: root.kiosk.words.areas.main
            font.pixelSize: Theme.textCaption
            color: Theme.inkSoft
        }

        GridLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredHeight: 50
            columns: 2
            columnSpacing: Theme.gap
            rowSpacing: Theme.gap
            uniformCellWidths: true
            uniformCellHeights: true

            Repeater {
                model: root.facts.zones

                ChoiceTile {
                    required property var modelData
                    objectName: "zone_" + modelData.id
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 100
                    name: modelData.name
                    floor: modelData.floor
                    glyph: modelData.glyph
                    size: Theme.textLead
                    note: root.kiosk.view.waiting["zone:" + modelData.id] ?? ""
                    onTapped: root.kiosk.act("zone", modelData.id)
                }
            }
        }

        Label {
            Layout.fillWidth: true
            text: root.kiosk.words.frequent.main
            font.pixelSize: Theme.textCaption
            color: Theme.inkSoft
        }

        GridLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredHeight: 42
            columns: 2
            columnSpacing: Theme.gap
            rowSpacing: Theme.gap
            uniformCellWidths: true
            uniformCellHeights: true

            Repeater {
                model: root.facts.frequent

                ChoiceTile {
                    required property var modelData
                    objectName: "service_" + modelData.id
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 100
                    name: modelData.name
                    note: root.kiosk.view.waiting[modelData.id] ?? ""
                    onTapped: root.kiosk.act("service", modelData.id)
                }
            }
        }
    }

    Ways {
        visible: !root.wide
        Layout.fillWidth: true
        kiosk: root.kiosk
    }
}
