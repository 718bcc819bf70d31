pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// A sheet of choices in columns that share the height; tiles keep their size on the last sheet.
Item {
    id: root

    property var tiles: []
    property int columns: 2
    property int rows: 6
    property string act
    property var kiosk
    readonly property int cellWidth: Math.floor((width - Theme.gap * (columns - 1)) / columns)
    readonly property int cellHeight: Math.floor((height - Theme.gap * (rows - 1)) / rows)

    Grid {
        columns: root.columns
        spacing: Theme.gap

        Repeater {
            model: root.tiles

            ChoiceTile {
                required property var modelData
                objectName: root.act + "_" + modelData.id
                width: root.cellWidth
                height: root.cellHeight
                name: modelData.name
                note: root.kiosk.view.waiting[modelData.id] ?? ""
                onTapped: root.kiosk.act(root.act, modelData.id)
            }
        }
    }
}
