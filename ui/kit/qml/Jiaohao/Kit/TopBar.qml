import QtQuick

// The head of a page: the hall's name, where we are, the time.
Rectangle {
    id: root

    property string title
    property string subtitle: ""
    property string clock: ""
    property int titleSize: Theme.textLead
    default property alias side: sideRow.data

    implicitHeight: Math.max(Theme.touch, texts.implicitHeight) + Theme.gap * 2
    color: Theme.surface

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: Theme.hairline
        color: Theme.line
    }

    Rectangle {
        id: mark
        anchors.left: parent.left
        anchors.leftMargin: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        width: Math.max(4, Math.round(Theme.mm * 1.6))
        height: texts.implicitHeight * 0.82
        radius: width / 2
        color: Theme.accent
    }

    Column {
        id: texts
        anchors.left: mark.right
        anchors.leftMargin: Theme.gap
        anchors.right: sideRow.left
        anchors.rightMargin: Theme.gap
        anchors.verticalCenter: parent.verticalCenter

        Label {
            width: parent.width
            text: root.title
            strong: true
            font.pixelSize: root.titleSize
        }

        Label {
            width: parent.width
            visible: root.subtitle !== ""
            text: root.subtitle
            font.pixelSize: Theme.textCaption
            color: Theme.inkSoft
        }
    }

    Row {
        id: sideRow
        anchors.right: parent.right
        anchors.rightMargin: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.gap

        Label {
            visible: root.clock !== ""
            text: root.clock
            wrapMode: Text.NoWrap
            strong: true
            font.pixelSize: root.titleSize
            font.features: {
                "tnum": 1
            }
            color: Theme.inkSoft
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
