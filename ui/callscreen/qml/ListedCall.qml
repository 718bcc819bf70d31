import QtQuick
import Jiaohao.Kit

// One former call in the list: the number, the counter, what became of it.
Item {
    id: root

    required property var plan
    required property var call
    property bool muted: false
    readonly property bool isNew: call !== null && call.is_new
    readonly property color ink: isNew ? Theme.onHighlight : muted || (call !== null && call.is_over) ? Theme.inkSoft : Theme.ink

    visible: call !== null

    Rectangle {
        anchors.fill: parent
        anchors.topMargin: Theme.hairline
        radius: root.plan.radius
        color: root.isNew ? Theme.highlight : "transparent"
    }

    Rectangle {
        visible: !root.isNew
        x: root.plan.gap
        width: parent.width - x * 2
        height: Theme.hairline
        color: Theme.line
    }

    NumberText {
        id: number
        objectName: "listedNumber"
        x: root.plan.gap
        width: root.plan.list_number_width
        height: parent.height
        text: root.call?.number ?? ""
        color: root.ink
        font.pixelSize: root.plan.list_em
        horizontalAlignment: Text.AlignLeft
        fontSizeMode: Text.HorizontalFit
    }

    NumberText {
        id: counter
        x: root.plan.list_counter_right - width
        width: root.plan.list_counter_width
        horizontalAlignment: Text.AlignRight
        height: parent.height
        text: root.call?.counter ?? ""
        color: root.ink
        font.pixelSize: root.plan.list_em
    }

    Label {
        anchors.left: counter.right
        anchors.right: parent.right
        anchors.rightMargin: root.plan.gap
        height: parent.height
        horizontalAlignment: Text.AlignRight
        verticalAlignment: Text.AlignVCenter
        text: root.call?.status ?? ""
        wrapMode: Text.NoWrap
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: Math.round(root.plan.list_words_em * 0.5)
        font.pixelSize: Math.round(root.plan.list_words_em * 0.86)
        color: root.isNew ? Theme.onHighlight : Theme.inkSoft
    }
}
