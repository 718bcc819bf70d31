pragma ComponentBehavior: Bound

import QtQuick

// Digits for a finger. Reports each key as "0" to "9", "delete" or "confirm".
Item {
    id: root

    property bool canConfirm: true

    signal pressed(string key)

    implicitWidth: Theme.touch * 4.2 + Theme.gap * 2
    implicitHeight: Theme.touch * 4.8 + Theme.gap * 3

    Grid {
        anchors.fill: parent
        columns: 3
        spacing: Theme.gap

        Repeater {
            model: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "delete", "0", "confirm"]

            BigButton {
                required property string modelData

                objectName: "key_" + modelData
                width: (root.width - Theme.gap * 2) / 3
                height: (root.height - Theme.gap * 3) / 4
                text: modelData.length === 1 ? modelData : ""
                glyph: modelData === "delete" ? "back" : modelData === "confirm" ? "check" : ""
                kind: modelData === "confirm" ? "primary" : "quiet"
                enabled: modelData !== "confirm" || root.canConfirm
                onTapped: root.pressed(modelData)
            }
        }
    }
}
