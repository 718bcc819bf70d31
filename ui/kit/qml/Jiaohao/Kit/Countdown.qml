import QtQuick

// How much of a wait is left, 1 to 0, without hurry: a thin bar that is set from outside.
Item {
    id: root

    property real remaining: 1.0

    implicitHeight: Math.max(4, Math.round(Theme.mm * 1.2))

    Rectangle {
        anchors.fill: parent
        radius: height / 2
        color: Theme.sunken
    }

    Rectangle {
        height: parent.height
        width: Math.round(parent.width * Math.max(0, Math.min(1, root.remaining)))
        radius: height / 2
        color: Theme.accent
    }
}
