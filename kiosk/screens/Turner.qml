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
        text: Texts.of("kit.previous_page")
        enabled: root.facts.hasPrevious
        onTapped: root.kiosk.act("previous_sheet")
    }

    BigButton {
        objectName: "next_sheet"
        height: root.height
        text: Texts.of("kit.next_page")
        enabled: root.facts.hasNext
        onTapped: root.kiosk.act("next_sheet")
    }
}
