import QtQuick
import Jiaohao.Kit

// One thing to know about a number: what it is called, and the value, large.
Card {
    id: root

    property var label: ({})
    property var value: ({})
    property string glyph: ""
    property int size: Theme.textTitle

    implicitHeight: column.height + padding * 2

    Column {
        id: column
        anchors.centerIn: parent
        width: parent.width
        spacing: Theme.gap

        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: Theme.gap

            Glyph {
                name: root.glyph
                size: Theme.textBody
                color: Theme.inkSoft
                anchors.verticalCenter: parent.verticalCenter
            }

            Label {
                text: root.label.main + "  " + root.label.other
                font.pixelSize: Theme.textCaption
                color: Theme.inkSoft
                wrapMode: Text.NoWrap
                anchors.verticalCenter: parent.verticalCenter
            }
        }

        BiText {
            width: parent.width
            text: root.value
            size: root.size
            otherSize: Theme.textBody
            strong: true
            color: Theme.accentInk
            align: Text.AlignHCenter
        }
    }
}
