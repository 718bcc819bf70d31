pragma ComponentBehavior: Bound

import QtQuick

// The five levels of a rating, best first, each as stars and in words; none chosen beforehand.
Item {
    id: root

    // Words by stars: words[0] belongs to one star.
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
                readonly property int stars: 5 - index
                readonly property bool marked: down || root.chosen === stars

                objectName: "star" + stars
                width: (row.width - row.spacing * 4) / 5
                height: root.height
                busy: root.busy
                onTapped: root.rated(stars)

                Rectangle {
                    anchors.fill: parent
                    radius: Theme.radius
                    color: cell.marked ? Theme.accentSoft : Theme.surface
                    border.width: cell.marked ? Theme.hairline * 2 : Theme.hairline
                    border.color: cell.marked ? Theme.accent : Theme.line
                }

                Column {
                    anchors.centerIn: parent
                    spacing: Theme.gap

                    Row {
                        anchors.horizontalCenter: parent.horizontalCenter
                        spacing: Math.round(Theme.gap * 0.2)

                        Repeater {
                            model: 5

                            Star {
                                required property int index
                                size: Math.floor((cell.width - Theme.gap * 2) / 5 - Theme.gap * 0.2)
                                filled: index < cell.stars
                            }
                        }
                    }

                    Label {
                        width: cell.width - Theme.gap
                        height: font.pixelSize * 2.6
                        // 不满意 stays together: 非常不满意 breaks after 非常.
                        text: (root.words[cell.stars - 1] ?? "").replace("不满意", "不\u2060满\u2060意")
                        strong: true
                        lineHeight: 0.88
                        horizontalAlignment: Text.AlignHCenter
                        verticalAlignment: Text.AlignVCenter
                    }
                }
            }
        }
    }
}
