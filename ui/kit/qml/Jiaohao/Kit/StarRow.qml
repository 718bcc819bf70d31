pragma ComponentBehavior: Bound

import QtQuick

// Five stars with their words, none chosen beforehand. Reports the star that was tapped, once.
Item {
    id: root

    property var words: []
    property int chosen: 0
    property bool busy: false

    signal rated(int stars)

    implicitHeight: Theme.touch * 2.2

    Row {
        id: row
        anchors.fill: parent
        spacing: Theme.gap

        Repeater {
            model: 5

            Pressable {
                id: cell
                required property int index
                readonly property int stars: index + 1

                objectName: "star" + stars
                width: (row.width - row.spacing * 4) / 5
                height: root.height
                busy: root.busy
                onTapped: root.rated(stars)

                Rectangle {
                    anchors.fill: parent
                    radius: Theme.radius
                    color: cell.down ? Theme.accentSoft : Theme.surface
                    border.width: Theme.hairline
                    border.color: cell.down || root.chosen === cell.stars ? Theme.accent : Theme.line
                }

                Column {
                    anchors.centerIn: parent
                    spacing: Theme.gap

                    Star {
                        id: star
                        size: Math.min(Theme.touch, Math.round(cell.width * 0.56))
                        filled: root.chosen >= cell.stars
                        anchors.horizontalCenter: parent.horizontalCenter
                    }

                    Label {
                        id: word
                        width: cell.width - Theme.gap
                        text: root.words[cell.index] ?? ""
                        strong: true
                        horizontalAlignment: Text.AlignHCenter
                    }
                }
            }
        }
    }
}
