pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// The pad at a counter. Every page is an item of its own; the flow says which one is there.
Window {
    id: root

    required property var view
    required property var actions
    required property var starWords
    readonly property int edge: Math.round(Theme.margin * 0.7)

    color: Theme.ground

    StaleBanner {
        id: banner
        width: parent.width
        // Where the reasons need the room, their page says it in its head.
        stale: root.view.notice !== "" && root.view.page !== "reasons"
        text: root.view.notice
    }

    Item {
        id: body
        anchors.fill: parent
        anchors.topMargin: banner.height

        IdlePage {
            anchors.fill: parent
            visible: root.view.page === "idle"
            view: root.view
            onReopen: root.actions.act("reopen")
        }

        AskPage {
            anchors.fill: parent
            anchors.margins: root.edge
            visible: root.view.page === "ask"
            view: root.view
            starWords: root.starWords
            onRated: stars => root.actions.act("stars", stars)
            onSkipped: root.actions.act("skip")
        }

        ReasonPage {
            anchors.fill: parent
            anchors.margins: root.edge
            visible: root.view.page === "reasons"
            view: root.view
            starWords: root.starWords
            onToggled: code => root.actions.act("reason", code)
            onMore: root.actions.act("more")
            onBack: root.actions.act("back")
            onSent: root.actions.act("send")
        }

        Message {
            visible: root.view.isMessage
            anchors.centerIn: parent
            width: parent.width - Theme.margin * 4
            kind: root.view.kind
            glyph: root.view.glyph
            title: root.view.title
            text: root.view.text
        }
    }

    Countdown {
        anchors.bottom: parent.bottom
        width: parent.width
        visible: root.view.hurry >= 0
        remaining: root.view.hurry
    }
}
