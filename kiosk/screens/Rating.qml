import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// How was the service? Five levels alike, none chosen beforehand; a bad one says why.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk

    spacing: kiosk.wide && facts.stars > 0 ? Math.round(Theme.gap * 0.8) : Theme.space

    Question {
        Layout.fillWidth: true
        text: root.kiosk.words.rate
    }

    Label {
        Layout.fillWidth: true
        visible: root.facts.stars === 0 || !root.kiosk.wide
        text: root.facts.number + "  ·  " + root.facts.name.main
        color: Theme.inkSoft
    }

    Levels {
        Layout.fillWidth: true
        Layout.fillHeight: true
        visible: root.facts.stars === 0
        wide: root.kiosk.wide
        words: root.facts.starWords
        others: root.facts.starOthers
        onRated: stars => root.kiosk.act("stars", stars)
    }

    StarRow {
        Layout.fillWidth: true
        // The stars grow with the width of their cells.
        Layout.preferredHeight: Math.max(implicitHeight, Math.round(width * 0.09))
        visible: root.facts.stars > 0
        words: root.facts.starWords
        chosen: root.facts.stars
        onRated: stars => root.kiosk.act("stars", stars)
    }

    Label {
        Layout.fillWidth: true
        Layout.topMargin: root.kiosk.wide ? 0 : Theme.space
        visible: root.facts.stars > 0
        text: (root.facts.needsReason ? root.kiosk.words.rate_why : root.kiosk.words.rate_more).main
        strong: true
        font.pixelSize: Theme.textLead
    }

    ReasonGrid {
        Layout.fillWidth: true
        visible: root.facts.stars > 0
        columns: root.kiosk.wide ? 3 : 1
        reasons: root.facts.reasons
        onToggled: code => root.kiosk.act("tag", code)
    }

    Item {
        Layout.fillHeight: true
        visible: root.facts.stars > 0
    }

    Label {
        Layout.fillWidth: true
        visible: root.facts.stars === 0
        horizontalAlignment: Text.AlignHCenter
        text: root.kiosk.words.rate_free.main
        color: Theme.inkSoft
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
        hasBack: false

        BigButton {
            objectName: "rate"
            height: parent.height
            visible: root.facts.stars > 0
            text: root.kiosk.words.submit.main
            enabled: root.facts.maySubmit
            onTapped: root.kiosk.act("rate")
        }
    }
}
