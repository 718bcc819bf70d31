import QtQuick

// The frame of every page: head, stale banner, what the page is about, and its actions below.
Rectangle {
    id: root

    property string title
    property string subtitle: ""
    property string clock: ""
    property bool stale: false
    property string staleText: Texts.of("kit.stale")
    default property alias content: body.data
    property alias headSide: head.side
    property alias actions: foot.data

    color: Theme.ground

    TopBar {
        id: head
        width: parent.width
        title: root.title
        subtitle: root.subtitle
        clock: root.clock
    }

    StaleBanner {
        id: banner
        anchors.top: head.bottom
        width: parent.width
        stale: root.stale
        text: root.staleText
    }

    Item {
        id: body
        anchors.top: banner.bottom
        anchors.bottom: foot.top
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: Theme.margin
    }

    Row {
        id: foot
        anchors.bottom: parent.bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: Theme.margin
        anchors.rightMargin: Theme.margin
        anchors.bottomMargin: children.length > 0 ? Theme.margin : 0
        spacing: Theme.gap
    }
}
