pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// One call, large: the number with what it stands at, an arrow, the counter with its words.
Item {
    id: root

    required property var plan
    required property var call
    property bool muted: false
    readonly property bool isNew: call !== null && call.is_new
    readonly property bool isFlashing: call !== null && call.is_flashing
    readonly property color ink: isNew ? Theme.onHighlight : muted || (call !== null && call.is_over) ? Theme.inkSoft : Theme.ink
    readonly property color soft: isNew ? Theme.onHighlight : Theme.inkSoft
    readonly property int numberHeight: Math.round(plan.number_em * 0.92)
    readonly property int wordsHeight: Math.round(plan.words_em * 1.2)
    readonly property int firstLine: Math.round((height - numberHeight - wordsHeight) / 2)

    visible: call !== null

    Rectangle {
        id: ground
        property bool lit: false

        anchors.fill: parent
        radius: root.plan.radius
        color: !root.isNew ? Theme.surface : lit ? Qt.lighter(Theme.highlight, 1.28) : Theme.highlight

        Behavior on color {
            ColorAnimation {
                duration: Theme.slowMs
            }
        }

        Timer {
            interval: Theme.flashHalfMs
            running: root.isFlashing
            repeat: true
            onTriggered: ground.lit = !ground.lit
            onRunningChanged: ground.lit = false
        }
    }

    component Words: Label {
        height: root.wordsHeight
        verticalAlignment: Text.AlignVCenter
        wrapMode: Text.NoWrap
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: Math.round(root.plan.words_em * 0.5)
        font.pixelSize: root.plan.words_em
        color: root.soft
    }

    NumberText {
        id: number
        objectName: "largeNumber"
        x: root.plan.gap * 1.5
        y: root.firstLine
        width: root.plan.number_width
        height: root.numberHeight
        text: root.call?.number ?? ""
        color: root.ink
        font.pixelSize: root.plan.number_em
        horizontalAlignment: Text.AlignLeft
        fontSizeMode: Text.HorizontalFit
    }

    Words {
        objectName: "largeStatus"
        anchors.left: number.left
        y: root.firstLine + root.numberHeight
        width: number.width
        text: root.call?.status ?? ""
    }

    Glyph {
        id: arrow
        anchors.left: number.right
        y: root.firstLine + Math.round((root.numberHeight - size) / 2)
        name: "right"
        size: Math.round(root.plan.number_em * 0.5)
        color: root.isNew ? Theme.onHighlight : Theme.accent
    }

    Item {
        id: counter
        anchors.left: arrow.right
        anchors.leftMargin: Math.round(root.plan.number_em * 0.2)
        anchors.right: parent.right
        anchors.rightMargin: root.plan.gap
        height: parent.height

        NumberText {
            id: digits
            y: root.firstLine
            height: root.numberHeight
            text: root.call?.counter ?? ""
            color: root.ink
            font.pixelSize: root.plan.number_em
        }

        Label {
            anchors.left: digits.right
            anchors.leftMargin: root.plan.words_em * 0.12
            anchors.baseline: digits.baseline
            text: root.call?.unit ?? ""
            strong: true
            wrapMode: Text.NoWrap
            font.pixelSize: root.plan.words_em
            color: root.ink
        }

        Row {
            id: below
            y: root.firstLine + root.numberHeight
            width: parent.width
            height: root.wordsHeight
            spacing: root.plan.words_em * 0.2

            Glyph {
                id: way
                visible: name !== ""
                name: root.call?.way ?? ""
                size: visible ? Math.round(root.plan.words_em * 0.8) : 0
                color: words.color
                anchors.verticalCenter: parent.verticalCenter
            }

            Words {
                id: words
                objectName: "largeWords"
                width: below.width - (way.visible ? way.width + below.spacing : 0)
                text: root.call?.words ?? ""
                strong: way.visible
                color: way.visible ? root.ink : root.soft
            }
        }
    }
}
