pragma ComponentBehavior: Bound

import QtQuick
import Jiaohao.Kit

// The kiosk's window: the head, and the page that the flow says. Pages come and go as a whole,
// each with the facts that it draws.
Window {
    id: root

    required property var view
    required property var actions
    readonly property var words: view.words
    readonly property var shown: view.screen
    readonly property bool wide: width > height
    readonly property int edge: Theme.margin

    function act(name, value) {
        if (value === undefined)
            root.actions.act(name);
        else
            root.actions.act(name, value);
    }

    function give(page: var, facts: var) {
        page.facts = facts;
    }

    function display() {
        const url = Qt.resolvedUrl(root.shown.page + ".qml");
        if (loader.source === url && loader.item)
            give(loader.item, root.shown.facts);
        else
            loader.setSource(url, {
                facts: root.shown.facts,
                kiosk: root
            });
    }

    color: Theme.ground
    onShownChanged: display()
    Component.onCompleted: display()

    TopBar {
        id: head
        width: parent.width
        title: root.view.hall.main
        subtitle: root.view.hall.other
        titleSize: title.length > 22 ? Theme.textBody : Theme.textLead

        BigButton {
            objectName: "language"
            visible: root.view.screen.page !== "OutOfService"
            anchors.verticalCenter: parent.verticalCenter
            kind: "quiet"
            text: Texts.of("kit.other_language")
            onTapped: root.act("language")
        }
    }

    Loader {
        id: loader
        anchors.top: head.bottom
        anchors.bottom: parent.bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: root.edge
        anchors.topMargin: Theme.space
    }

    StillThere {
        anchors.fill: parent
        visible: root.view.warning >= 0
        kiosk: root
    }
}
