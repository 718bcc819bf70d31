import QtQuick
import Jiaohao.Kit

// One strip on every page for browsing. It says the most pressing thing: what just went wrong or
// well, that there is no paper, that a card is held, or what a card does and does not do, which
// stands there before any card is read.
Rectangle {
    id: root

    required property var kiosk
    property bool compact: false
    readonly property bool hasNotice: (kiosk.view.notice.main ?? "") !== ""
    readonly property bool hasFault: (kiosk.view.printer.main ?? "") !== ""
    readonly property string card: kiosk.view.card
    readonly property string what: hasNotice ? "notice" : hasFault ? "printer" : card
    readonly property bool good: what === "held" || (hasNotice && kiosk.view.notice.isGood)
    readonly property bool bad: (hasNotice && !good) || what === "printer"
    readonly property color tint: good ? Theme.ok : what === "printer" ? Theme.alert : bad ? Theme.warn : Theme.accentInk
    readonly property string act: what === "held" || (good && card === "held") ? "forget_card" : what === "invite" ? "privacy" : ""
    readonly property int smallest: Theme.touch + Theme.gap * (compact ? 1.2 : 3)

    implicitHeight: Math.max(texts.height + Theme.gap * 1.3, smallest)
    radius: Theme.radius
    color: good ? Theme.okSoft : what === "printer" ? Theme.alertSoft : bad ? Theme.warnSoft : what === "off" ? Theme.sunken : Theme.accentSoft

    Glyph {
        id: mark
        anchors.left: parent.left
        anchors.leftMargin: Theme.space * 0.8
        anchors.verticalCenter: parent.verticalCenter
        name: root.good ? "check" : root.bad ? "warn" : "card"
        size: Math.round(Theme.textTitle * 0.9)
        color: root.tint
    }

    Column {
        id: texts
        anchors.left: mark.right
        anchors.leftMargin: Theme.space * 0.7
        anchors.right: button.left
        anchors.rightMargin: Theme.gap
        anchors.verticalCenter: parent.verticalCenter
        spacing: Math.round(Theme.gap * 0.3)

        BiText {
            width: parent.width
            text: root.what === "notice" ? root.kiosk.view.notice : root.what === "printer" ? root.kiosk.view.printer : root.kiosk.words["card_" + root.card]
            strong: true
            color: root.tint
            otherColor: root.tint
        }

        Label {
            width: parent.width
            visible: root.what === "invite" && !root.compact
            text: root.kiosk.words.card_notice.main
            font.pixelSize: Theme.textCaption
            color: root.tint
        }
    }

    SmallButton {
        id: button
        objectName: root.act
        visible: root.act !== ""
        width: visible ? implicitWidth : 0
        anchors.right: parent.right
        anchors.rightMargin: Theme.gap
        anchors.verticalCenter: parent.verticalCenter
        text: root.act === "forget_card" ? root.kiosk.words.card_forget.main : root.kiosk.words.privacy.main
        onTapped: root.kiosk.act(root.act)
    }
}
