import QtQuick

// Says that what is shown is not up to date. It takes its room away from the page, never covers it.
Rectangle {
    id: root

    property bool stale: false
    property string text: Texts.of("kit.stale")
    property int textSize: Theme.textBody

    visible: stale
    implicitHeight: visible ? Math.max(label.implicitHeight, mark.height) + Theme.gap * 1.6 : 0
    height: implicitHeight
    color: Theme.warnSoft

    Row {
        anchors.centerIn: parent
        spacing: Theme.gap

        Glyph {
            id: mark
            name: "warn"
            size: Math.round(root.textSize * 1.15)
            color: Theme.warn
            anchors.verticalCenter: parent.verticalCenter
        }

        Label {
            id: label
            width: Math.min(implicitWidth, root.width - mark.width - Theme.margin * 2 - Theme.gap)
            text: root.text
            strong: true
            font.pixelSize: root.textSize
            color: Theme.warn
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
