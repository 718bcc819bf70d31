import QtQuick
import Jiaohao.Kit

// Turns sheets, and says which one this is.
Row {
    id: root

    required property var kiosk
    required property var facts

    visible: facts.sheet !== ""
    spacing: Theme.gap

    Label {
        anchors.verticalCenter: parent.verticalCenter
        text: root.facts.sheet
        wrapMode: Text.NoWrap
        rightPadding: Theme.gap
        color: Theme.inkSoft
    }

    BigButton {
        objectName: "previous_sheet"
        height: root.height
        kind: "quiet"
        text: root.kiosk.words.previous.main
        enabled: root.facts.hasPrevious
        onTapped: root.kiosk.act("previous_sheet")
    }

    BigButton {
        objectName: "next_sheet"
        height: root.height
        text: root.kiosk.words.next.main
        enabled: root.facts.hasNext
        onTapped: root.kiosk.act("next_sheet")
    }
}
