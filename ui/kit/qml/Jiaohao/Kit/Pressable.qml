import QtQuick

// What reacts to a finger: shows the press within one frame and reports the tap once.
Item {
    id: root

    property bool busy: false
    property bool live: enabled && !busy
    readonly property bool down: live && area.pressed

    signal tapped

    MouseArea {
        id: area
        anchors.fill: parent
        enabled: root.live
        onClicked: root.tapped()
    }
}
