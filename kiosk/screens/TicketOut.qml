import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// The number is yours: how many are ahead, where to go, and where the paper is. Without sure paper
// the number itself is what people carry away: it is as large as the screen allows.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk
    readonly property bool wide: kiosk.wide
    readonly property bool sure: facts.isOnPaper

    spacing: Theme.space

    Rectangle {
        Layout.fillWidth: true
        Layout.preferredHeight: doubt.height + Theme.space * 1.4
        visible: !root.sure
        radius: Theme.radius
        color: Theme.warnSoft

        Glyph {
            id: doubtMark
            anchors.left: parent.left
            anchors.leftMargin: Theme.space
            anchors.verticalCenter: parent.verticalCenter
            name: "warn"
            size: Theme.textTitle
            color: Theme.warn
        }

        BiText {
            id: doubt
            anchors.left: doubtMark.right
            anchors.leftMargin: Theme.space
            anchors.right: parent.right
            anchors.rightMargin: Theme.space
            anchors.verticalCenter: parent.verticalCenter
            text: root.kiosk.words.no_paper
            strong: true
            color: Theme.warn
            otherColor: Theme.warn
        }
    }

    GridLayout {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.wide ? 2 : 1
        columnSpacing: Theme.space
        rowSpacing: Theme.space

        NumberCard {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 100
            kiosk: root.kiosk
            number: root.facts.number
            name: root.facts.name
            scaleUp: root.wide ? 1.3 : root.sure ? 1.5 : 1.6
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: root.wide
            Layout.preferredWidth: 100
            spacing: Theme.space

            Fact {
                Layout.fillWidth: true
                Layout.fillHeight: root.wide
                glyph: "people"
                label: root.kiosk.words.ahead
                size: root.facts.ahead > 0 ? Theme.textDisplay : Theme.textLead
                value: root.facts.ahead > 0 ? ({
                        main: root.facts.ahead + " " + root.kiosk.words.people.main
                    }) : root.kiosk.words.nobody_ahead
            }

            Fact {
                Layout.fillWidth: true
                Layout.fillHeight: root.wide
                glyph: "right"
                label: root.kiosk.words.go_to
                value: root.facts.where
                size: Theme.textLead
            }
        }
    }

    Rectangle {
        Layout.fillWidth: true
        Layout.preferredHeight: paper.height + Theme.space * 1.4
        visible: root.sure
        radius: Theme.radius
        color: Theme.okSoft

        Glyph {
            id: mark
            anchors.left: parent.left
            anchors.leftMargin: Theme.space
            anchors.verticalCenter: parent.verticalCenter
            name: "down"
            size: Theme.textTitle
            color: Theme.ok
        }

        BiText {
            id: paper
            anchors.left: mark.right
            anchors.leftMargin: Theme.space
            anchors.right: parent.right
            anchors.rightMargin: Theme.gap
            anchors.verticalCenter: parent.verticalCenter
            text: root.kiosk.words.take_paper
            size: Theme.textLead
            strong: true
            color: Theme.ok
            otherColor: Theme.ok
        }
    }

    BigButton {
        objectName: "home"
        Layout.fillWidth: true
        Layout.preferredHeight: Math.round(Theme.touch * 1.25)
        kind: root.sure ? "quiet" : "primary"
        text: root.kiosk.words.done.main
        onTapped: root.kiosk.act("home")
    }

    Countdown {
        Layout.fillWidth: true
        remaining: root.kiosk.view.remaining
    }
}
