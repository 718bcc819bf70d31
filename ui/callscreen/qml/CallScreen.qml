pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// Calls, newest first: the first ones large, the others in a list. Lengths come from layout.py.
Window {
    id: root

    required property var view
    required property var plan
    readonly property bool isStale: view.notice !== ""
    readonly property int largeHeight: plan.large * plan.large_row_height + (plan.large - 1) * plan.gap
    readonly property int listWidth: plan.is_portrait ? width - plan.margin * 2 : plan.list_width

    // Read by the program, which hands it to the flow with every tick.
    readonly property alias wallClock: wall.text

    color: Theme.ground

    WallClock {
        id: wall
    }

    Rectangle {
        id: head
        width: parent.width
        height: root.plan.head_height
        color: root.isStale ? Theme.warnSoft : Theme.sunken

        Glyph {
            id: warning
            visible: root.isStale
            name: "warn"
            size: root.plan.words_em
            color: Theme.warn
            anchors.left: parent.left
            anchors.leftMargin: root.plan.margin
            anchors.verticalCenter: parent.verticalCenter
        }

        Label {
            objectName: "headText"
            anchors.left: root.isStale ? warning.right : parent.left
            anchors.leftMargin: root.isStale ? root.plan.gap : root.plan.margin
            anchors.right: clock.left
            anchors.rightMargin: root.plan.gap
            anchors.verticalCenter: parent.verticalCenter
            height: parent.height
            verticalAlignment: Text.AlignVCenter
            text: root.isStale ? root.view.notice : root.view.isConnecting ? Texts.of("callscreen.connecting") : root.view.title
            strong: true
            wrapMode: Text.NoWrap
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Math.round(root.plan.words_em * 0.5)
            font.pixelSize: Math.round(root.plan.words_em * (root.isStale ? 0.86 : 1))
            color: root.isStale ? Theme.warn : Theme.ink
        }

        NumberText {
            id: clock
            anchors.right: parent.right
            anchors.rightMargin: root.plan.margin
            anchors.verticalCenter: parent.verticalCenter
            text: root.view.clock
            font.pixelSize: root.plan.words_em
            color: root.isStale ? Theme.warn : Theme.inkSoft
        }
    }

    Label {
        visible: root.view.large.length === 0
        anchors.centerIn: parent
        width: parent.width - root.plan.margin * 2
        horizontalAlignment: Text.AlignHCenter
        text: Texts.of("callscreen.nobody")
        strong: true
        font.pixelSize: root.plan.words_em
        color: Theme.inkSoft
    }

    Column {
        id: large
        x: root.plan.margin
        y: head.height + root.plan.margin
        width: root.plan.is_portrait ? root.width - x * 2 : root.width - root.plan.margin * 2 - root.plan.gap - root.listWidth
        spacing: root.plan.gap

        Repeater {
            model: root.plan.large

            LargeCall {
                required property int index
                width: large.width
                height: root.plan.large_row_height
                plan: root.plan
                call: root.view.large[index] ?? null
                muted: root.isStale
            }
        }
    }

    Rectangle {
        visible: root.view.listed.length > 0
        anchors.fill: list
        anchors.margins: -Math.round(root.plan.gap * 0.5)
        radius: root.plan.radius
        color: Theme.sunken
    }

    Column {
        id: list
        visible: root.view.listed.length > 0
        x: root.width - root.plan.margin - root.listWidth
        y: root.plan.is_portrait ? large.y + root.largeHeight + root.plan.gap : large.y
        width: root.listWidth

        Item {
            width: parent.width
            height: root.plan.list_head_height

            Label {
                x: root.plan.gap
                height: parent.height
                verticalAlignment: Text.AlignVCenter
                text: Texts.of("callscreen.former")
                font.pixelSize: Math.round(root.plan.list_words_em * 0.8)
                color: Theme.inkSoft
            }

            Label {
                x: root.plan.list_counter_right - width
                height: parent.height
                verticalAlignment: Text.AlignVCenter
                text: Texts.of("callscreen.counter")
                font.pixelSize: Math.round(root.plan.list_words_em * 0.8)
                color: Theme.inkSoft
            }
        }

        Repeater {
            model: root.plan.listed

            ListedCall {
                required property int index
                width: list.width
                height: root.plan.list_row_height
                plan: root.plan
                call: root.view.listed[index] ?? null
                muted: root.isStale
            }
        }
    }
}
