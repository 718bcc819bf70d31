import QtQuick

// What a clock on the wall shows, as 09:41. For people to read; nothing is decided by it.
Item {
    id: root

    property string text: ""

    function read() {
        text = Qt.formatTime(new Date(), "HH:mm");
    }

    Component.onCompleted: read()

    Timer {
        interval: 1000
        running: true
        repeat: true
        onTriggered: root.read()
    }
}
