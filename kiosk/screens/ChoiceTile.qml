import QtQuick
import Jiaohao.Kit

// One choice: its name in both languages, and how many wait for it.
Pressable {
    id: root

    property var name: ({})
    property string note: ""
    property string floor: ""
    property string glyph: ""
    property int size: Theme.textBody
    // Long names are set a little smaller, so that they take one line, or two in English.
    readonly property string mainName: name.main ?? ""
    readonly property bool isHanzi: /[^ -~]/.test(mainName)
    readonly property bool isLong: !isHanzi || mainName.length > 10
    readonly property int fitted: Math.max(Theme.textCaption, Math.round(size * (isLong ? (isHanzi ? 0.9 : 0.76) : 1)))

    implicitHeight: Math.max(Theme.touch, column.implicitHeight + Theme.gap * 1.2)

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: root.down ? Theme.accentSoft : Theme.surface
        border.width: root.down ? Theme.hairline * 2 : Theme.hairline
        border.color: root.down ? Theme.accent : Theme.line
    }

    Rectangle {
        id: mark
        visible: root.glyph !== ""
        width: visible ? Math.round(Theme.touch * 1.15) : 0
        height: width
        radius: Theme.radius
        color: Theme.accentSoft
        anchors.left: parent.left
        anchors.leftMargin: visible ? Theme.gap * 1.2 : 0
        anchors.verticalCenter: parent.verticalCenter

        Glyph {
            anchors.centerIn: parent
            name: root.glyph
            size: Math.round(parent.width * 0.64)
            color: Theme.accentInk
        }
    }

    Column {
        id: column
        anchors.left: mark.right
        anchors.leftMargin: Theme.gap * 1.2
        anchors.right: parent.right
        anchors.rightMargin: Theme.gap * 0.6
        anchors.verticalCenter: parent.verticalCenter
        spacing: Math.round(Theme.gap * 0.4)

        BiText {
            width: parent.width
            text: root.name
            size: root.fitted
            strong: true
        }

        Row {
            visible: root.note !== "" || root.floor !== ""
            spacing: Math.round(Theme.gap * 0.6)

            Glyph {
                visible: root.note !== ""
                name: "people"
                size: Math.round(Theme.textCaption * 0.95)
                color: Theme.accentInk
                anchors.verticalCenter: parent.verticalCenter
            }

            Label {
                text: root.floor !== "" && root.note !== "" ? root.note + "  ·  " + root.floor : root.note + root.floor
                font.pixelSize: Theme.textCaption
                color: Theme.accentInk
                wrapMode: Text.NoWrap
                anchors.verticalCenter: parent.verticalCenter
            }
        }
    }
}
