import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// How a shown ticket stands.
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk
    readonly property bool called: facts.state === "called"
    readonly property bool over: ["no_show", "voided", "cancelled", "expired"].includes(facts.state)

    spacing: Theme.space

    GridLayout {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.kiosk.wide ? 2 : 1
        columnSpacing: Theme.space
        rowSpacing: Theme.space

        NumberCard {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 100
            kiosk: root.kiosk
            number: root.facts.number
            name: root.facts.name
            scaleUp: root.kiosk.wide ? 1.0 : 1.4
            tint: root.over ? Theme.inkSoft : Theme.ink
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.preferredWidth: 100
            spacing: Theme.space

            Rectangle {
                Layout.fillWidth: true
                Layout.preferredHeight: sentence.height + Theme.margin * 2
                radius: Theme.radius
                color: root.called ? Theme.highlight : root.over ? Theme.warnSoft : Theme.accentSoft

                BiText {
                    id: sentence
                    anchors.centerIn: parent
                    width: parent.width - Theme.space * 2
                    text: root.facts.sentence
                    size: Theme.textTitle
                    otherSize: Theme.textBody
                    strong: true
                    align: Text.AlignHCenter
                    color: root.called ? Theme.onHighlight : root.over ? Theme.warn : Theme.accentInk
                    otherColor: color
                }
            }

            Fact {
                Layout.fillWidth: true
                visible: (root.facts.counter.main ?? "") !== ""
                glyph: "right"
                label: root.kiosk.words.go_to
                value: root.facts.counter
                size: Theme.textDisplay
            }

            Fact {
                Layout.fillWidth: true
                visible: root.facts.ahead >= 0
                glyph: "people"
                label: root.kiosk.words.ahead
                size: root.facts.ahead > 0 ? Theme.textDisplay : Theme.textLead
                value: root.facts.ahead > 0 ? ({
                        main: root.facts.ahead + " " + root.kiosk.words.people.main
                    }) : root.kiosk.words.nobody_ahead
            }

            Fact {
                Layout.fillWidth: true
                visible: root.facts.ahead >= 0
                glyph: "right"
                label: root.kiosk.words.go_to
                value: root.facts.where
                size: Theme.textLead
            }
        }
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
        hasBack: false
    }
}
