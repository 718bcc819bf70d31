import QtQuick

// What happened and what to do now. `kind`: "info", "ok", "warn" or "alert".
Item {
    id: root

    property string kind: "info"
    property string title
    property string text: ""
    property string glyph: kind === "ok" ? "check" : kind === "info" ? "info" : "warn"
    readonly property color tint: kind === "ok" ? Theme.okSoft : kind === "warn" ? Theme.warnSoft : kind === "alert" ? Theme.alertSoft : Theme.accentSoft
    readonly property color tintInk: kind === "ok" ? Theme.ok : kind === "warn" ? Theme.warn : kind === "alert" ? Theme.alert : Theme.accentInk

    implicitHeight: column.implicitHeight

    Column {
        id: column
        width: parent.width
        spacing: Theme.space

        Rectangle {
            width: Math.round(Theme.textDisplay * 1.9)
            height: width
            radius: width / 2
            color: root.tint
            anchors.horizontalCenter: parent.horizontalCenter

            Glyph {
                anchors.centerIn: parent
                name: root.glyph
                size: Math.round(parent.width * 0.5)
                color: root.tintInk
            }
        }

        Label {
            width: parent.width
            text: root.title
            strong: true
            font.pixelSize: Theme.textTitle
            horizontalAlignment: Text.AlignHCenter
        }

        Label {
            width: parent.width
            visible: root.text !== ""
            text: root.text
            font.pixelSize: Theme.textLead
            color: Theme.inkSoft
            horizontalAlignment: Text.AlignHCenter
        }
    }
}
