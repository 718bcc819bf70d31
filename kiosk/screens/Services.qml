import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// Which service, of one area or of one department?
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk

    spacing: Math.round(Theme.gap * 1.3)

    Question {
        Layout.fillWidth: true
        text: root.facts.title
        size: Theme.textLead
    }

    InfoStrip {
        Layout.fillWidth: true
        kiosk: root.kiosk
        compact: true
    }

    Sheet {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.kiosk.wide ? 5 : 2
        rows: root.kiosk.wide ? 2 : 5
        tiles: root.facts.services
        act: "service"
        kiosk: root.kiosk
    }

    Foot {
        Layout.fillWidth: true
        kiosk: root.kiosk
        hasHome: root.facts.sheet === ""

        Turner {
            height: parent.height
            kiosk: root.kiosk
            facts: root.facts
        }
    }
}
