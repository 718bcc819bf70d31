import QtQuick
import QtQuick.Layouts
import Jiaohao.Kit

// Which department?
ColumnLayout {
    id: root

    required property var facts
    required property var kiosk

    spacing: Math.round(Theme.gap * 1.3)

    Question {
        Layout.fillWidth: true
        text: root.kiosk.words.which_department
    }

    InfoStrip {
        Layout.fillWidth: true
        visible: what !== "invite" && what !== "off"
        kiosk: root.kiosk
        compact: true
    }

    Sheet {
        Layout.fillWidth: true
        Layout.fillHeight: true
        columns: root.kiosk.wide ? 4 : 2
        rows: root.kiosk.wide ? 4 : 8
        tiles: root.facts.departments
        act: "department"
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
