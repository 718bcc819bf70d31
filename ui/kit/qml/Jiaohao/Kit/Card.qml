import QtQuick

// A rounded surface. What is put into it keeps `padding` from its edge.
Item {
    id: root

    default property alias content: inner.data
    property int padding: Theme.space
    property color color: Theme.surface
    property color edge: Theme.line

    implicitWidth: inner.childrenRect.width + padding * 2
    implicitHeight: inner.childrenRect.height + padding * 2

    Rectangle {
        anchors.fill: parent
        radius: Theme.radius
        color: root.color
        border.width: Theme.hairline
        border.color: root.edge
    }

    Item {
        id: inner
        anchors.fill: parent
        anchors.margins: root.padding
    }
}
