pragma ComponentBehavior: Bound

import QtQuick

// Reasons to choose from, each on or off. `reasons` holds {code, text, chosen}.
Item {
    id: root

    property var reasons: []
    property int columns: 1
    property bool busy: false
    readonly property int cellWidth: Math.floor((width - Theme.gap * (columns - 1)) / columns)

    signal toggled(string code)

    implicitHeight: grid.implicitHeight

    Grid {
        id: grid
        width: parent.width
        columns: root.columns
        spacing: Theme.gap

        Repeater {
            model: root.reasons

            Chip {
                required property var modelData
                objectName: "tag_" + modelData.code
                width: root.cellWidth
                // Side by side all are as high as two lines take, so that rows stay even.
                height: root.columns === 1 ? implicitHeight : Math.max(implicitHeight, Math.ceil(Theme.textBody * 2.7 + Theme.gap))
                text: modelData.text
                chosen: modelData.chosen
                busy: root.busy
                onTapped: root.toggled(modelData.code)
            }
        }
    }
}
