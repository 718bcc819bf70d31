pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// The five levels of a rating, best first, all alike and none chosen: rows, or columns on a wide
// screen.
Item {
    id: root

    property var words: []
    property var others: []
    property bool wide: false
    readonly property int cells: 5
    readonly property int cellWidth: wide ? Math.floor((width - Theme.gap * (cells - 1)) / cells) : width
    readonly property int cellHeight: wide ? Math.min(height, Math.max(Theme.touch * 4, Theme.textLead * 7)) : Math.min(Theme.touch * 2.4, Math.floor((height - Theme.gap * (cells - 1)) / cells))

    signal rated(int stars)

    Grid {
        width: parent.width
        columns: root.wide ? root.cells : 1
        spacing: Theme.gap

        Repeater {
            model: root.cells

            Pressable {
                id: cell
                required property int index
                readonly property int stars: root.cells - index

                objectName: "star" + stars
                width: root.cellWidth
                height: root.cellHeight
                onTapped: root.rated(stars)

                Rectangle {
                    anchors.fill: parent
                    radius: Theme.radius
                    color: cell.down ? Theme.accentSoft : Theme.surface
                    border.width: cell.down ? Theme.hairline * 2 : Theme.hairline
                    border.color: cell.down ? Theme.accent : Theme.line
                }

                Row {
                    id: starRow
                    x: root.wide ? Math.round((parent.width - width) / 2) : Theme.space
                    y: root.wide ? Math.round(parent.height * 0.2) : Math.round((parent.height - height) / 2)
                    spacing: Math.round(Theme.gap * 0.4)

                    Repeater {
                        model: root.cells

                        Star {
                            required property int index
                            size: root.wide ? Math.floor((cell.width - Theme.space) / root.cells - Theme.gap * 0.4) : Math.round(Theme.touch * 0.8)
                            filled: index < cell.stars
                        }
                    }
                }

                BiText {
                    x: root.wide ? Theme.gap : starRow.x + starRow.width + Theme.space
                    y: root.wide ? starRow.y + starRow.height + Theme.space : Math.round((parent.height - height) / 2)
                    width: parent.width - x - Theme.gap
                    text: ({
                            main: root.words[cell.stars - 1],
                            other: root.others[cell.stars - 1]
                        })
                    size: Theme.textLead
                    strong: true
                    align: root.wide ? Text.AlignHCenter : Text.AlignLeft
                }
            }
        }
    }
}
